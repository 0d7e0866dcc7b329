/** Bytes of the header before everything that SEAL saves (native/src/seal/serialization.h). */
export const SEAL_HEADER_BYTES = 16;

/** SEAL's magic number, header length, version 4.1, no compression; two zeros and the total size follow. */
export const SEAL_HEADER = [0x5e, 0xa1, 0x10, 0x04, 0x01, 0x00, 0x00, 0x00] as const;

/** Where the parms_id stands in saved plaintexts and ciphertexts: right behind the header. */
export const PARMS_ID = 16;
