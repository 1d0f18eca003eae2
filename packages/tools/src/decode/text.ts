import type { Decoded } from './message.ts'
import type { Node } from './node.ts'

/** A message as indented text: one line for its header, one for each field and attribute. */
export function formatDecoded(message: Decoded): string {
  const { type, length, flags, seq, portid, errno, body } = message
  const outcome = errno === undefined ? '' : ` ${errno ?? 'success'}`
  const head = `${type}${outcome} len ${length} flags <${flags.join(',')}> seq ${seq} pid ${portid}`
  return [head, ...body.flatMap(node => nodeLines(node, '  '))].join('\n')
}

function nodeLines(node: Node, indent: string): string[] {
  const { name, members } = node
  if (members === undefined) return [`${indent}${name} ${valueText(node)}`]
  // Fields of a structure, and other short lists of plain values, share a line.
  if (members.length > 0 && members.every(isField)) {
    return [`${indent}${name} ${members.map(member => `${member.name} ${valueText(member)}`).join(' ')}`]
  }
  return [`${indent}${name}`, ...members.flatMap(member => nodeLines(member, `${indent}  `))]
}

/** Names of fields are in lower case, those of attributes in upper case. */
function isField({ name, members }: Node): boolean {
  return members === undefined && /^[a-z]/.test(name) && !name.startsWith('attribute')
}

function valueText({ value, meaning }: Node): string {
  if (meaning !== undefined) return meaning
  if (Array.isArray(value)) return value.join(' ')
  if (typeof value === 'object' && value !== null && !('toJSON' in value)) return JSON.stringify(value)
  return value === '' ? '-' : String(value)
}
