import {
  attributeSet,
  type Body,
  be32,
  be64,
  body,
  family,
  type Infer,
  ip,
  nulString,
  pad,
  struct,
  u8,
  u16,
  u32,
} from '@nltool/nl-core/wire'

/** `struct fib_rule_hdr`, linux/fib_rules.h: 12 bytes. */
export const fibRuleHdr = struct('fib_rule_hdr', {
  family,
  dstLen: u8,
  srcLen: u8,
  tos: u8,
  table: u8,
  pad: pad(2),
  action: u8, // FR_ACT_*
  flags: u32, // FIB_RULE_*
})

const uidRange = struct('fib_rule_uid_range', { start: u32, end: u32 })
const portRange = struct('fib_rule_port_range', { start: u16, end: u16 })

/** FRA_*, linux/fib_rules.h, in the order in which Linux writes them. */
export const ruleAttrs = attributeSet({
  FRA_TABLE: [15, 'table', u32],
  FRA_SUPPRESS_PREFIXLEN: [14, 'suppressPrefixlen', u32],
  FRA_PROTOCOL: [21, 'protocol', u8],
  FRA_IIFNAME: [3, 'iifname', nulString({ max: 15 })],
  FRA_OIFNAME: [17, 'oifname', nulString({ max: 15 })],
  FRA_PRIORITY: [6, 'priority', u32],
  FRA_FWMARK: [10, 'fwmark', u32],
  FRA_FWMASK: [16, 'fwmask', u32],
  FRA_GOTO: [4, 'goto', u32],
  FRA_L3MDEV: [19, 'l3mdev', u8],
  FRA_UID_RANGE: [20, 'uidRange', uidRange],
  FRA_SPORT_RANGE: [23, 'sportRange', portRange],
  FRA_DPORT_RANGE: [24, 'dportRange', portRange],
  FRA_IP_PROTO: [22, 'ipProto', u8],
  FRA_DST: [1, 'dst', ip],
  FRA_SRC: [2, 'src', ip],
  FRA_FLOW: [11, 'flow', u32],
  FRA_TUN_ID: [12, 'tunId', be64],
  FRA_SUPPRESS_IFGROUP: [13, 'suppressIfgroup', u32],
  FRA_DSCP: [25, 'dscp', u8],
  FRA_FLOWLABEL: [26, 'flowlabel', be32],
  FRA_FLOWLABEL_MASK: [27, 'flowlabelMask', be32],
  FRA_SPORT_MASK: [28, 'sportMask', u16],
  FRA_DPORT_MASK: [29, 'dportMask', u16],
  FRA_DSCP_MASK: [30, 'dscpMask', u8],
})

export interface FibRuleHdr extends Infer<typeof fibRuleHdr> {}
export interface RuleAttrs extends Infer<typeof ruleAttrs> {}

/** Header and attributes of RTM_*RULE. */
export interface RuleBody {
  readonly header: FibRuleHdr
  readonly attrs: RuleAttrs
}

/** RTM_NEWRULE, RTM_DELRULE, RTM_GETRULE. */
export const ruleBody: Body<RuleBody> = body(fibRuleHdr, ruleAttrs, { name: 'rule' })
