export function tickBox(value: string | number, label: string, ticked: boolean): JQuery {
  const box = $('<input type="checkbox">').val(value).prop('checked', ticked)
  return $('<label>').append(box, document.createTextNode(label))
}

export function tickGroup(title: string, boxes: readonly JQuery[]): JQuery {
  return $('<fieldset>').append($('<legend>').text(title), ...boxes)
}

/** Values of the ticked boxes. */
export function tickedIn(root: JQuery): string[] {
  const boxes = root.find<HTMLInputElement>('input:checked').toArray()
  return boxes.map(box => box.value)
}
