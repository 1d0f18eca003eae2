import GenlList from './list.ts'

/** `genl` alone is `genl list`, as in genl(1). */
export default class Genl extends GenlList {
  static override summary = 'Generic netlink: without a subcommand, list the families.'
}
