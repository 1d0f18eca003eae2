import type { Family } from '../inet.ts'

/** One line of `netstat -r`. */
export interface RouteRow {
  readonly family: Family
  readonly destination: string
  readonly gateway: string
  readonly flags: string
  readonly netif: string
  /** Kernel's index of the nexthop. */
  readonly nhop: number
  /** Bytes; undefined: unsaid. */
  readonly mtu: number | undefined
  /** Seconds left; 0: for ever. */
  readonly expire: number
}

/** How `netstat -r` is laid out. */
export interface TableStyle {
  /** `-n`: columns wide enough for IPv6, nothing cut. */
  readonly numeric: boolean
  /** `-W`: nexthop and MTU too, nothing cut. */
  readonly wide: boolean
  readonly fib: number
}

interface Column {
  readonly title: string
  readonly width: number
  readonly align: 'left' | 'right'
  readonly text: (row: RouteRow) => string
}

/** Columns of a family, netstat(1) route.c. */
function columns(family: Family, { numeric, wide }: TableStyle): Column[] {
  const roomy = family === 'inet6' && numeric
  return [
    { title: 'Destination', width: roomy ? 33 : 18, align: 'left', text: row => row.destination },
    { title: 'Gateway', width: roomy ? 29 : 18, align: 'left', text: row => row.gateway },
    { title: 'Flags', width: 6, align: 'left', text: row => row.flags },
    ...(wide ? wideColumns : []),
    { title: 'Netif', width: wide && family === 'inet' ? 10 : 8, align: 'right', text: row => row.netif },
    { title: 'Expire', width: 6, align: 'right', text: row => (row.expire > 0 ? String(row.expire) : '') },
  ]
}

const wideColumns: readonly Column[] = [
  { title: 'Nhop#', width: 6, align: 'right', text: row => String(row.nhop) },
  { title: 'Mtu', width: 6, align: 'right', text: row => (row.mtu === undefined ? '' : String(row.mtu)) },
]

const familyTitles: Readonly<Record<Family, string>> = { inet: 'Internet:', inet6: 'Internet6:' }

/** The routing tables as netstat(1) prints them: a block for each family, in the order of the rows. */
export function formatTables(rows: readonly RouteRow[], style: TableStyle): string {
  const lines = [`Routing tables${style.fib === 0 ? '' : ` (fib: ${style.fib})`}`]
  let family: Family | undefined
  for (const row of rows) {
    const layout = columns(row.family, style)
    if (row.family !== family) {
      lines.push(
        '',
        familyTitles[row.family],
        formatLine(layout, column => column.title, true),
      )
      family = row.family
    }
    lines.push(formatLine(layout, column => column.text(row), style.numeric || style.wide))
  }
  return `${lines.join('\n')}\n`
}

/** One line. A value that is too long is cut, or (`whole`) stands whole and takes its excess from the columns behind it. */
function formatLine(layout: readonly Column[], textOf: (column: Column) => string, whole: boolean): string {
  let excess = 0
  const cells = layout.map(column => {
    const text = whole ? textOf(column) : textOf(column).slice(0, column.width)
    const width = Math.max(column.width - excess, 0)
    excess = Math.max(text.length - width, 0)
    return column.align === 'left' ? text.padEnd(width) : text.padStart(width)
  })
  return cells.join(' ').trimEnd()
}
