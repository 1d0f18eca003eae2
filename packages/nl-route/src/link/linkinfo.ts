import {
  attributeSet,
  be16,
  body,
  bytes,
  headed,
  ip,
  nested,
  nulString,
  string,
  struct,
  u8,
  u16,
  u32,
  u64,
} from '@nltool/nl-core/wire'

/** `struct ifla_vlan_flags`. */
const vlanFlags = struct('ifla_vlan_flags', { flags: u32, mask: u32 })
/** `struct ifla_vlan_qos_mapping`. */
const vlanQosMapping = struct('ifla_vlan_qos_mapping', { from: u32, to: u32 })

const vlanQos = attributeSet({
  IFLA_VLAN_QOS_MAPPING: [1, 'mapping', vlanQosMapping, { multi: true }],
})

/** IFLA_VLAN_*: INFO_DATA of the kind `vlan`. */
export const vlanAttrs = attributeSet({
  IFLA_VLAN_ID: [1, 'id', u16],
  IFLA_VLAN_FLAGS: [2, 'flags', vlanFlags],
  IFLA_VLAN_EGRESS_QOS: [3, 'egressQos', nested(vlanQos)],
  IFLA_VLAN_INGRESS_QOS: [4, 'ingressQos', nested(vlanQos)],
  // FreeBSD parses a host-order u16 and compares it with the ethertype.
  IFLA_VLAN_PROTOCOL: [5, 'protocol', u16, { linux: { value: be16 } }],
})

/** The attributes of a VLAN as IFLA_INFO_DATA holds them, without a header. */
export const vlanBody = body(struct('vlan', {}), vlanAttrs)

/** IFLA_IPTUN_*: INFO_DATA of FreeBSD's kind `gif`. */
export const gifAttrs = attributeSet({
  IFLA_IPTUN_LOCAL: [1, 'local', ip],
  IFLA_IPTUN_REMOTE: [2, 'remote', ip],
  IFLA_IPTUN_FLAGS: [3, 'flags', u32],
})

/** IFLA_GRE_*: INFO_DATA of FreeBSD's kind `gre`. */
export const greAttrs = attributeSet({
  IFLA_GRE_LOCAL: [1, 'local', ip],
  IFLA_GRE_REMOTE: [2, 'remote', ip],
  IFLA_GRE_FLAGS: [3, 'flags', u32],
  IFLA_GRE_OKEY: [4, 'okey', u32],
  IFLA_GRE_ENCAP_TYPE: [5, 'encapType', u32],
  IFLA_GRE_ENCAP_SPORT: [6, 'encapSport', u16],
})

const boolopt = struct('br_boolopt_multi', { optval: u32, optmask: u32 })

/** IFLA_BR_*: INFO_DATA of Linux's kind `bridge`; times in 1/100 s. */
export const bridgeAttrs = attributeSet({
  IFLA_BR_FORWARD_DELAY: [1, 'forwardDelay', u32],
  IFLA_BR_HELLO_TIME: [2, 'helloTime', u32],
  IFLA_BR_MAX_AGE: [3, 'maxAge', u32],
  IFLA_BR_AGEING_TIME: [4, 'ageingTime', u32],
  IFLA_BR_STP_STATE: [5, 'stpState', u32],
  IFLA_BR_PRIORITY: [6, 'priority', u16],
  IFLA_BR_VLAN_FILTERING: [7, 'vlanFiltering', u8],
  IFLA_BR_VLAN_PROTOCOL: [8, 'vlanProtocol', be16],
  IFLA_BR_GROUP_FWD_MASK: [9, 'groupFwdMask', u16],
  IFLA_BR_ROOT_ID: [10, 'rootId', bytes({ length: 8 })],
  IFLA_BR_BRIDGE_ID: [11, 'bridgeId', bytes({ length: 8 })],
  IFLA_BR_ROOT_PORT: [12, 'rootPort', u16],
  IFLA_BR_ROOT_PATH_COST: [13, 'rootPathCost', u32],
  IFLA_BR_TOPOLOGY_CHANGE: [14, 'topologyChange', u8],
  IFLA_BR_TOPOLOGY_CHANGE_DETECTED: [15, 'topologyChangeDetected', u8],
  IFLA_BR_HELLO_TIMER: [16, 'helloTimer', u64],
  IFLA_BR_TCN_TIMER: [17, 'tcnTimer', u64],
  IFLA_BR_TOPOLOGY_CHANGE_TIMER: [18, 'topologyChangeTimer', u64],
  IFLA_BR_GC_TIMER: [19, 'gcTimer', u64],
  IFLA_BR_GROUP_ADDR: [20, 'groupAddr', bytes({ length: 6 })],
  IFLA_BR_MULTI_BOOLOPT: [46, 'multiBoolopt', boolopt],
})

const ifinfomsgOfPeer = struct('ifinfomsg', { family: u8, pad: u8, type: u16, ifindex: u32, flags: u32, change: u32 })

/** IFLA_* of a veth's peer that matter at creation. */
const peerAttrs = attributeSet({
  IFLA_ADDRESS: [1, 'address', bytes({ max: 32 })],
  IFLA_IFNAME: [3, 'ifname', nulString({ max: 15 })],
  IFLA_MTU: [4, 'mtu', u32],
})

/** VETH_INFO_*: INFO_DATA of Linux's kind `veth`. */
export const vethAttrs = attributeSet({
  VETH_INFO_PEER: [1, 'peer', headed(ifinfomsgOfPeer, peerAttrs)],
})

/** IFLA_INFO_* inside IFLA_LINKINFO. What IFLA_INFO_DATA holds depends on the kind: see the sets above. */
export const linkinfoAttrs = attributeSet({
  IFLA_INFO_KIND: [1, 'kind', string({ max: 63 })], // iproute2 sends no NUL
  IFLA_INFO_DATA: [2, 'data', bytes()],
  IFLA_INFO_XSTATS: [3, 'xstats', bytes()],
  IFLA_INFO_SLAVE_KIND: [4, 'slaveKind', string({ max: 63 })],
  IFLA_INFO_SLAVE_DATA: [5, 'slaveData', bytes()],
})
