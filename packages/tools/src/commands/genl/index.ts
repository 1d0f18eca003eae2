import GenlList from './list.ts'

/** `genl` alone is `genl list`, as in genl(1). */
export default class Genl extends GenlList {
  static override summary = 'List the families of generic netlink.'
  static override usage = 'genl'
}
