// Runs every figure of this folder, each file in a process of its own: JSON lines on stdout, a table on stderr.
//   pnpm bench            all of them
//   pnpm bench wire ifnet only those files
import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { cpus } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const wanted = process.argv.slice(2)
const files = (await readdir(folder))
  .filter(name => name.endsWith('.js') && name !== 'run.js')
  .filter(name => wanted.length === 0 || wanted.includes(name.replace('.js', '')))
  .sort()

/** @typedef {{ figure: string, value: number, unit: string, goal?: string, peer?: string, ratio?: number }} Figure */

/** @param {string} file @returns {Promise<Figure[]>} the figures that a file prints, one JSON object a line */
async function figuresOf(file) {
  const child = spawn(process.execPath, ['--expose-gc', `${folder}${file}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  const figures = []
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line)
    figures.push(JSON.parse(line))
  }
  if (child.exitCode === null) await new Promise(resolve => child.once('close', resolve))
  if (child.exitCode !== 0) throw new Error(`bench/${file} exited with ${child.exitCode ?? child.signalCode}`)
  return figures
}

/** @param {number} value */
function short(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)} k`
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

const rows = []
for (const file of files) {
  for (const { figure, value, unit, goal = '', peer = '', ratio } of await figuresOf(file)) {
    const beside = ratio === undefined ? peer : `${ratio.toFixed(2)} × ${peer}`
    rows.push([figure, `${short(value)} ${unit}`, goal, beside])
  }
}

const head = ['figure', 'measured', 'goal', 'beside']
const widths = head.map((title, i) => Math.max(title.length, ...rows.map(row => row[i].length)))
/** @param {string[]} cells */
const line = cells =>
  cells
    .map((cell, i) => cell.padEnd(widths[i]))
    .join('  ')
    .trimEnd()
console.error(`\nNode ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}\n`)
console.error([line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n'))
