/** The call stack of the caller, without its first line. */
export function stackHere(): string {
  return (new Error().stack ?? '').replace(/^[^\n]*/, '')
}
