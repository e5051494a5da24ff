import type { Translating } from './form.editor'

// Apart from what config nodes need: their catalogues have no such key.
export function paletteLabel(this: Translating): string {
  return this._(`${this.type}.paletteLabel`)
}

export function label(this: Translating & { name: string }): string {
  return this.name || paletteLabel.call(this)
}
