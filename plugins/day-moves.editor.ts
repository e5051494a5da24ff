import type { Overview, OverviewMove } from '../lib/gladys/overview/types'
import type { Translate } from '../nodes/form.editor'

/** Makes a button: its key, its text, and what a press does. */
type MakeButton = (key: string, text: string, press: () => void) => JQuery

/** Lines with a button for each device that can get its days from the manual entries. */
export function moveLines(
  moves: readonly OverviewMove[],
  t: Translate,
  { button, move }: { button: MakeButton; move: (wanted: OverviewMove) => void }
): JQuery[] {
  return moves.map(wanted => {
    const words = t('moveDays', { device: wanted.name })
    const key = `move ${wanted.account} ${wanted.to}`
    return $('<div class="withings-row">').append(button(key, words, () => move(wanted)))
  })
}

type Notification = HTMLElement & { close(): void }

/** Says what moving days does to this Gladys, and asks whether to. */
export function askToMove(
  { name }: OverviewMove,
  { targets, target }: Pick<Overview, 'targets' | 'target'>,
  { t, move }: { t: Translate; move: () => void }
): void {
  const isDiscovery = targets.find(({ id }) => id === target)?.create === 'discovery'
  const text = t(isDiscovery ? 'moveQuestionDiscovery' : 'moveQuestion', { device: name })
  const question = RED.notify($('<p>').text(text), {
    modal: true,
    fixed: true,
    type: 'warning',
    buttons: [
      { text: t('moveLater'), click: () => question.close() },
      {
        text: t('moveDays', { device: name }),
        class: 'primary',
        click: () => {
          question.close()
          move()
        }
      }
    ]
  }) as HTMLElement as Notification
}
