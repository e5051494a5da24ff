import type { Translate } from './form.editor'

// Apart from what config nodes need: their catalogues have no such key.
export function paletteLabel(this: { type: string; _: Translate }): string {
  return this._(`${this.type}.paletteLabel`)
}
