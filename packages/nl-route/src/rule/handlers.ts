import { handler } from '@nltool/nl-core/kernel'
import { AF_INET, AF_INET6, linuxRT_TABLE, RTPROT } from '../route/constants.ts'
import { FR_ACT } from './constants.ts'
import { type RuleBody, ruleBody } from './schema.ts'

/**
 * RTM_GETRULE on Linux-ABI sockets of a kernel that has no rules: the one by which everything is looked up in the main
 * table, so that `ip rule` and daemons find what they expect at their start.
 */
export const fixedRuleHandler = handler({
  body: ruleBody,
  jail: true,
  shortHeader: true,
  dump: ({ body: { header } }) =>
    [AF_INET, AF_INET6].filter(family => header.family === 0 || header.family === family).map(mainRule),
})

function mainRule(family: number): RuleBody {
  const table = linuxRT_TABLE.RT_TABLE_MAIN
  return {
    header: { family, dstLen: 0, srcLen: 0, tos: 0, table, action: FR_ACT.FR_ACT_TO_TBL, flags: 0 },
    attrs: { table, suppressPrefixlen: 0xffffffff, protocol: RTPROT.RTPROT_KERNEL, priority: 32766 },
  }
}
