import type { OverviewDevice, OverviewReading } from '../lib/gladys/overview/types'
import { typeInNight } from '../lib/withings/readings/reading'
import { unitKey } from '../lib/withings/readings/units'
import { localTime } from '../nodes/red.editor'
import { inDigits, t } from './sidebar-texts.editor'

const SVG = 'http://www.w3.org/2000/svg'
const WIDTH = 200
const HEIGHT = 40

/** The last reading of a device, with a chart of those before it. */
export function readingView({ last, recent }: OverviewDevice): JQuery {
  if (last === null) return $('<div>').text(t('noReading'))
  const unit = last.unit === null ? '' : (known(`unit.${unitKey(last.unit)}`) ?? last.unit)
  const value = `${inDigits(last.value, { maximumFractionDigits: 4 })} ${unit}`.trim()
  const view = $('<div>').text(`${nameOfReading(last)}: ${value}, ${localTime(last.date)}`)
  return recent.length > 1 ? view.append(chart(last, recent)) : view
}

/** The name of a kind of readings. */
export function nameOfReading({ type, position }: Pick<OverviewReading, 'type' | 'position'>): string {
  const night = typeInNight(type)
  const named = night ?? type
  const name = known(`measure.${named}`) ?? named.replace(/_/g, ' ')
  const plain = night === undefined ? name : `${t('nap')} ${name}`
  return position === null
    ? plain
    : `${plain}, ${known(`position.${position}`) ?? position.replace(/_/g, ' ')}`
}

/** The catalogue gives back the key of what it has no text for. */
function known(key: string): string | undefined {
  const text = t(key)
  return text.includes(key.replace(/\..*/, '.')) ? undefined : text
}

function chart(last: OverviewReading, recent: OverviewDevice['recent']): JQuery<SVGElement> {
  const scale = (all: readonly number[], size: number) => {
    const [low, high] = [Math.min(...all), Math.max(...all)]
    return (value: number): number => (high === low ? size / 2 : ((value - low) / (high - low)) * size)
  }
  const times = recent.map(({ date }) => Date.parse(date))
  const values = recent.map(({ value }) => value)
  const [x, y] = [scale(times, WIDTH), scale(values, HEIGHT - 4)]
  const points = recent.map(({ date, value }) => `${x(Date.parse(date))},${HEIGHT - 2 - y(value)}`)
  const [from, to] = [localTime(recent[0]?.date ?? last.date), localTime(last.date)]
  const label = t('chart', { name: nameOfReading(last), count: recent.length, from, to })
  const size = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none' }
  return svg('svg', { class: 'withings-chart', ...size, role: 'img', 'aria-label': label }).append(
    svg('polyline', { points: points.join(' ') })
  )
}

/** jQuery would write the names of attributes in small letters. */
function svg(name: string, attributes: Record<string, string>): JQuery<SVGElement> {
  const element = document.createElementNS(SVG, name)
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value)
  return $(element)
}
