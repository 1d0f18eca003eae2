/** Layouts of a family, after the tools that print them. */
export const familyFormats = ['freebsd', 'iproute2', 'libnl'] as const
/** One of {@link familyFormats}. */
export type FamilyFormat = (typeof familyFormats)[number]
