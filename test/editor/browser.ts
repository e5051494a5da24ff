import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const INSTALLED = '/usr/bin/chromium'
/** They are for small functions in the cloud; popups need processes of their own. */
const UNWANTED = ['--single-process', '--no-zygote', '--incognito']
/** A 3D graphics card in software takes a core for itself to draw what is flat. */
const GRAPHICS = /gpu|gl=|angle|swiftshader/

let running: Promise<Browser> | undefined

/** The one Chromium of a test run: from the npm package, else an installed one. */
export function browser(): Promise<Browser> {
  running ??= launch()
  return running
}

export async function closeBrowser(): Promise<void> {
  const started = await running
  running = undefined
  await started?.close()
}

async function launch(): Promise<Browser> {
  try {
    const { default: packed } = await import('@sparticuz/chromium')
    const wanted = packed.args.filter(arg => !UNWANTED.includes(arg) && !GRAPHICS.test(arg))
    const args = [...wanted, '--disable-gpu']
    return await chromium.launch({ executablePath: await packed.executablePath(), args })
  } catch (error) {
    if (!existsSync(INSTALLED)) throw error
    return chromium.launch({ executablePath: INSTALLED, args: ['--no-sandbox'] })
  }
}
