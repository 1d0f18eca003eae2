/** What a command that looks gives: text for people, and the value that `--json` prints. */
export interface Shown<T> {
  readonly text: string
  readonly json: T
}
