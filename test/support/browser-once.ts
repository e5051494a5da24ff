import { browser, closeBrowser } from '../editor/browser'

/** Starts a browser before mocha starts its workers, for the first start unpacks it to where all of them find it. */
export async function mochaGlobalSetup(): Promise<void> {
  await browser()
  await closeBrowser()
}
