/** A whole `${NAME}` or `$(NAME)`: Node-RED puts an environment variable in its place, and in the place of nothing else. */
export const VARIABLE = /^\$\{([^}]+)\}$|^\$\(([^)]+)\)$/
