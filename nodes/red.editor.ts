import type { EditorRED } from 'node-red'

// Named *.editor.ts so that it stays out of the runtime build: esbuild puts it into the forms that need it.

export type Translate = (key: string, params?: Record<string, string | number>) => string

/** A node, or the definition of its type. */
export type FormNode = { id: string; type: string; name: string; _: Translate }

export interface Property<T = unknown> {
  value: T
  type?: string
  required?: boolean
  /** Gives `true` or what is wrong; Node-RED takes a message only from one of two parameters. */
  validate?: (this: FormNode, value: unknown, options: object) => string | true
}

export type Defaults = Record<string, Property>

interface Definition<D extends Defaults> {
  category: string
  color?: string
  defaults: D
  credentials?: Record<string, { type: 'text' | 'password' }>
  inputs?: 0 | 1
  outputs?: number
  icon?: string
  paletteLabel?(): string
  label(): string
  labelStyle(): string
  inputLabels?(): string
  outputLabels?(index: number): string
  oneditprepare(): void
  oneditsave(): void
  oneditcancel?(): void
  oneditdelete?(): void
}

/** What the types of Node-RED's editor lack, or know less about. */
interface Editor extends Omit<EditorRED, 'nodes' | 'notify' | 'i18n' | 'user'> {
  nodes: Omit<EditorRED['nodes'], 'registerType' | 'getType' | 'node'> & {
    /** `this` of the methods has the properties of `defaults`. */
    registerType<D extends Defaults>(
      type: string,
      definition: Definition<D> & ThisType<FormNode & { [Name in keyof D]: D[Name]['value'] }>
    ): void
    getType(type: string): Definition<Defaults>
    node(id: string): { type: string } | null | undefined
  }
  notify(message: JQuery, options: object): { close(): void }
  /** Without it nobody has to log in. */
  user?: { hasPermission?(permission: string): boolean }
  /** Not in Node-RED 3.1. */
  i18n?: { lang?(): string }
}

declare global {
  const RED: Editor
}

/**
 * For dates and numbers: the language of the editor; undefined, the browser's own habits, where that is the browser's
 * language too or unknown, as in Node-RED 3.1.
 */
export function editorLanguage(): string | undefined {
  const chosen = RED.i18n?.lang?.()
  const plain = (language: string | undefined): string | undefined => language?.split('-')[0]
  return plain(chosen) === plain(navigator.language) ? undefined : chosen
}

export function localTime(iso: string): string {
  return new Date(iso).toLocaleString(editorLanguage(), { dateStyle: 'medium', timeStyle: 'short' })
}

/** Asks before it does what cannot be undone. */
export function askBefore(run: () => void, question: string, { yes, no }: { yes: string; no: string }): void {
  const button = (text: string, then: () => void) => ({
    text,
    click: () => {
      notification.close()
      then()
    }
  })
  const buttons = [button(no, () => undefined), { ...button(yes, run), class: 'primary' }]
  const notification = RED.notify($('<p>').text(question), {
    modal: true,
    fixed: true,
    type: 'warning',
    buttons
  })
}

export function postJson(url: string, body: object): JQuery.jqXHR {
  return $.ajax({ url, method: 'POST', contentType: 'application/json', data: JSON.stringify(body) })
}

/** What to say of a failed request: Node-RED's refusal, the error that our routes answered, or that there was no answer. */
export function failureOf(request: JQuery.jqXHR, texts: { notAllowed: string; noAnswer: string }): string {
  const answer = request.responseJSON as { error?: { message?: string } } | undefined
  if (request.status === 401 || request.status === 403) return texts.notAllowed
  return answer?.error?.message ?? texts.noAnswer
}
