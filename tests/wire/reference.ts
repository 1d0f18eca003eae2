import {
  type AttributeDescription,
  type BodyLayout,
  describeBody,
  doneBody,
  nlmsgerr,
  nlmsgerrAttrs,
} from '@nltool/nl-core/wire'
import { ctrlAttrs, genlmsghdr } from '@nltool/nl-genl'
import { addrBody, linkBody, neighBody, nexthopBody, routeBody, ruleBody } from '@nltool/nl-route'

/** The bodies of the reference: title, message types, schema. */
const chapters: readonly (readonly [string, string, BodyLayout])[] = [
  ['Links', 'RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK', linkBody],
  ['Addresses', 'RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR', addrBody],
  ['Routes', 'RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE', routeBody],
  ['Nexthops', 'RTM_NEWNEXTHOP, RTM_DELNEXTHOP, RTM_GETNEXTHOP', nexthopBody],
  ['Neighbours', 'RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH', neighBody],
  ['Rules', 'RTM_NEWRULE, RTM_DELRULE, RTM_GETRULE', ruleBody],
  ['Generic netlink: the controller', 'CTRL_CMD_*', { header: genlmsghdr, attrs: ctrlAttrs }],
  [
    'Errors',
    'NLMSG_ERROR; the payload of the request stands before the attributes',
    { header: nlmsgerr, attrs: nlmsgerrAttrs },
  ],
  ['Ends of dumps', 'NLMSG_DONE', doneBody],
]

const introduction = `# Attributes

Every header and attribute that the schemas know, generated from their rows (\`npx vitest run tests/wire -u\` writes this page
anew). Numbers are FreeBSD's and Linux's; a dash stands where a system has none. \`property\` is the name in decoded
objects. What no row describes is in \`unknown\`. See [schemas](schemas.md) for the words.
`

/** The reference page of everything that has a schema. */
export function referencePage(): string {
  return [introduction, ...chapters.map(([title, messages, layout]) => chapter(title, messages, layout))].join('\n')
}

function chapter(title: string, messages: string, layout: BodyLayout): string {
  const { header, attributes } = describeBody(layout)
  const fields = header.fields.map(({ offset, name, type }) => row([String(offset), code(name), type]))
  return [
    `## ${title}\n`,
    `${messages}.\n`,
    `\`struct ${header.name}\`, ${header.size} bytes:\n`,
    table(['offset', 'field', 'type'], fields),
    table(['FreeBSD', 'Linux', 'attribute', 'property', 'type'], rowsOf(attributes, 0)),
  ].join('\n')
}

/** One line for each attribute, those of a nest behind it, once in a chapter: `seen` has the nests that were shown. */
function rowsOf(
  attributes: readonly AttributeDescription[],
  depth: number,
  seen = new Map<string, string>(),
): string[] {
  return attributes.flatMap(({ number, name, property, type, linuxType, doc, attributes: inner = [] }) => {
    const nest = inner.map(attribute => attribute.name).join()
    const shown = inner.length === 0 ? undefined : seen.get(nest)
    if (inner.length > 0 && shown === undefined) seen.set(nest, name)
    const kinds = linuxType === undefined ? type : `${type}; Linux: ${linuxType}`
    const said = [
      shown === undefined ? kinds : `${kinds}, as in ${code(shown)} above`,
      ...(doc === undefined ? [] : [doc]),
    ]
    const indent = '&nbsp;&nbsp;'.repeat(depth)
    const numbers = [String(number.freebsd ?? '–'), String(number.linux ?? '–')]
    const cells = [...numbers, `${indent}${code(name)}`, code(property), said.join('. ')]
    return [row(cells), ...(shown === undefined ? rowsOf(inner, depth + 1, seen) : [])]
  })
}

function table(head: readonly string[], rows: readonly string[]): string {
  return [row(head), row(head.map(() => '---')), ...rows, ''].join('\n')
}

const row = (cells: readonly string[]): string => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
const code = (text: string): string => `\`${text}\``
