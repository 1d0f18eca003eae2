export { type ManualEnv, manualEnv, settled } from './testing/clock.ts'
export { fromHex, hex, toHex } from './testing/hex.ts'
export {
  type AnswerOptions,
  concatBytes,
  doneAnswer,
  errorAnswer,
  messageBytes,
  type SentMessage,
  splitMessages,
} from './testing/messages.ts'
export { transportPair } from './testing/pair.ts'
export { testRandom } from './testing/random.ts'
export { type ScriptedTransport, type ScriptOptions, scriptedTransport } from './testing/transport.ts'
