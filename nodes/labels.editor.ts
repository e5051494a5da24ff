import type { FormNode } from './red.editor'

// Apart from what config nodes need: their catalogues have no such keys.

export function paletteLabel(this: FormNode): string {
  return this._(`${this.type}.paletteLabel`)
}

/** Its name, what it was chosen to read, or what the palette calls it. */
export function label(this: FormNode & { what?: string }): string {
  const choice = `${this.type}.what.${this.what}`
  return this.name || (this.what === undefined ? paletteLabel.call(this) : this._(choice))
}
