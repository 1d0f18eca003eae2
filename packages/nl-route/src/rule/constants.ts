/** FR_ACT_*: what a rule does, linux/fib_rules.h. */
export const FR_ACT = {
  FR_ACT_UNSPEC: 0,
  FR_ACT_TO_TBL: 1,
  FR_ACT_GOTO: 2,
  FR_ACT_NOP: 3,
  FR_ACT_BLACKHOLE: 6,
  FR_ACT_UNREACHABLE: 7,
  FR_ACT_PROHIBIT: 8,
} as const

/** FIB_RULE_*: flags of a rule. */
export const FIB_RULE = {
  FIB_RULE_PERMANENT: 0x1,
  FIB_RULE_INVERT: 0x2,
  FIB_RULE_UNRESOLVED: 0x4,
  FIB_RULE_IIF_DETACHED: 0x8,
  FIB_RULE_OIF_DETACHED: 0x10,
  FIB_RULE_FIND_SADDR: 0x10000,
} as const
