/** UTF-8 as text, without a mark at its beginning. Never throws. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
