import { attributeSet, body, frameOf, type Infer, messages, u32 } from '@nltool/nl-core/wire'
import {
  ctrlAttrs,
  defineFamily,
  GENL_ADMIN_PERM,
  GENL_CMD_CAP_DO,
  GENL_CMD_CAP_DUMP,
  genlmsghdr,
} from '@nltool/nl-genl'
import { type FamilyModule, serveFamily } from '@nltool/nl-genl/kernel'
import { vectorNamed } from './load.ts'

const set = attributeSet({ X: [1, 'x', u32] })
const exchange = { request: ['x'] } as const

type Described = Infer<typeof ctrlAttrs>

/** The families that a captured kernel had, as it listed them. */
function listed(): Described[] {
  const [datagram] = vectorNamed('iproute2-list-dump').recv
  if (datagram === undefined) throw new TypeError('the list is empty')
  const schema = body(genlmsghdr, ctrlAttrs)
  return [...messages(frameOf(datagram))]
    .filter(({ type }) => type === 16)
    .map(({ start, end }) => schema.decode(datagram.slice(start, end), 'linux').attrs)
}

function familyModule({ familyName = '', version = 1, ops = [], mcastGroups = [] }: Described): FamilyModule {
  const operations = ops.map(({ id = 0, flags = 0 }) => ({
    cmd: id,
    set: 'x' as const,
    ...((flags & GENL_ADMIN_PERM) !== 0 ? { flags: ['admin-perm'] as const } : {}),
    ...((flags & GENL_CMD_CAP_DO) !== 0 ? { do: exchange } : {}),
    ...((flags & GENL_CMD_CAP_DUMP) !== 0 ? { dump: exchange } : {}),
  }))
  const definition = defineFamily({
    name: familyName,
    version,
    netns: true,
    groups: Object.fromEntries(mcastGroups.map(({ name = '' }) => [name, {}])),
    sets: { x: set },
    ops: Object.fromEntries(operations.map(operation => [`op${operation.cmd}`, operation])),
  })
  return serveFamily(definition, () => ({}))
}

/** The captured kernel's families at their ids; those that it had and did not list are there by another name. */
export function capturedFamilies(): FamilyModule[] {
  const found = listed().filter(({ familyName }) => familyName !== 'nlctrl')
  const modules: FamilyModule[] = []
  for (let id = 19; id <= Math.max(...found.map(({ familyId = 0 }) => familyId)); id++) {
    modules.push(familyModule(found.find(({ familyId }) => familyId === id) ?? { familyName: `unlisted-${id}` }))
  }
  return modules
}
