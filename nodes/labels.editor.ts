import type { FormNode } from './red.editor'

// Apart from what config nodes need: their catalogues have no such keys.

export function paletteLabel(this: FormNode): string {
  return this._(`${this.type}.paletteLabel`)
}

export function label(this: FormNode): string {
  return this.name || this._(`${this.type}.paletteLabel`)
}
