import type { Translate } from './form.editor'

// Apart from what config nodes need: their catalogues have no such key.
interface Labelled {
  type: string
  _: Translate
}

export function paletteLabel(this: Labelled): string {
  return this._(`${this.type}.paletteLabel`)
}

export function label(this: Labelled & { name: string }): string {
  return this.name || paletteLabel.call(this)
}
