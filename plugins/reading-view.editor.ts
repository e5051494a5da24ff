import type { OverviewDevice, OverviewReading } from '../lib/gladys/overview/types'
import { typeInNight } from '../lib/withings/readings/reading'
import { unitKey } from '../lib/withings/readings/units'
import { editorLanguage, type Translate } from '../nodes/form.editor'

const SVG = 'http://www.w3.org/2000/svg'
const WIDTH = 200
const HEIGHT = 40

/** Draws the last reading of a device, and says what kinds of readings are called. */
export class ReadingView {
  constructor(private readonly t: Translate) {}

  reading({ last, recent }: OverviewDevice): JQuery {
    if (last === null) return $('<div>').text(this.t('noReading'))
    const value = [
      last.value.toLocaleString(editorLanguage(), { maximumFractionDigits: 4 }),
      this.unitOf(last)
    ]
    const place = $('<div>').text(`${this.kindOf(last)}: ${value.join(' ').trim()}, ${localTime(last.date)}`)
    if (recent.length > 1) place.append(this.chart(last, recent))
    return place
  }

  private chart(last: OverviewReading, recent: OverviewDevice['recent']): SVGElement {
    const values = recent.map(({ value }) => value)
    const times = recent.map(({ date }) => Date.parse(date))
    const scale = (all: readonly number[], size: number) => {
      const [low, high] = [Math.min(...all), Math.max(...all)]
      return (value: number): number => (high === low ? size / 2 : ((value - low) / (high - low)) * size)
    }
    const [x, y] = [scale(times, WIDTH), scale(values, HEIGHT - 4)]
    const points = recent.map(({ date, value }) => `${x(Date.parse(date))},${HEIGHT - 2 - y(value)}`)
    const svg = document.createElementNS(SVG, 'svg')
    svg.setAttribute('class', 'withings-chart')
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`)
    svg.setAttribute('preserveAspectRatio', 'none')
    svg.setAttribute('role', 'img')
    const from = localTime(recent[0]?.date ?? last.date)
    const params = { name: this.kindOf(last), count: recent.length, from, to: localTime(last.date) }
    svg.setAttribute('aria-label', this.t('chart', params))
    const line = document.createElementNS(SVG, 'polyline')
    line.setAttribute('points', points.join(' '))
    svg.append(line)
    return svg
  }

  kindOf({ type, position }: Pick<OverviewReading, 'type' | 'position'>): string {
    const night = typeInNight(type)
    const named = night ?? type
    const name = this.t(`measure.${named}`)
    const known = name.includes('measure.') ? named.replace(/_/g, ' ') : name
    const plain = night === undefined ? known : `${this.t('nap')} ${known}`
    return position === null ? plain : `${plain}, ${this.positionOf(position)}`
  }

  private positionOf(position: string): string {
    const word = this.t(`position.${position}`)
    return word.includes('position.') ? position.replace(/_/g, ' ') : word
  }

  private unitOf({ unit }: OverviewReading): string {
    if (unit === null) return ''
    const word = this.t(`unit.${unitKey(unit)}`)
    return word.includes('unit.') ? unit : word
  }
}

function localTime(iso: string): string {
  return new Date(iso).toLocaleString(editorLanguage(), { dateStyle: 'medium', timeStyle: 'short' })
}
