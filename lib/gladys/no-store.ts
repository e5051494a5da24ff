import type { IStore } from 'mqtt'

/**
 * A store for MQTT.js that keeps nothing: the outbox repeats what was not acknowledged. MQTT.js's own one is a Map
 * that gets and loses each message, which costs memory (docs/decisions/0009-history-import.md). `empty` is one of
 * those, and only asked for the stream of what lies in it: nothing.
 */
export function noStore(empty: Pick<IStore, 'createStream'>): IStore {
  const store: IStore = {
    put: (_packet, done) => (done(), store),
    del: (_packet, done) => (done(), store),
    get: (_packet, done) => (done(new Error('nothing is kept')), store),
    createStream: () => empty.createStream(),
    close: done => done()
  }
  return store
}
