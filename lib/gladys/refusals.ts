export { Refusals } from './json-file'
