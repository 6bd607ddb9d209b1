// The Merkle tree over the ledger's positions (RFC 6962, 2.1).

import { bigEndian, sha256 } from "./bytes.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The hash of the leaf for the entry at a position. */
export const leafHash = (position, entryHash) => sha256(LEAF, bigEndian(position, 8), entryHash);

const nodeHash = (left, right) => sha256(NODE, left, right);

/** The head that a path leads to from a leaf; null where the path has another length than it must. */
export async function headByPath(leaf, index, size, path) {
  if (index < 0 || index >= size) return null;
  let [node, last, result] = [BigInt(index), BigInt(size - 1), leaf];
  for (const sibling of path) {
    if (last === 0n) return null;
    if (node & 1n || node === last) {
      result = await nodeHash(sibling, result);
      for (; !(node & 1n) && node; node >>= 1n) last >>= 1n;
    } else result = await nodeHash(result, sibling);
    node >>= 1n;
    last >>= 1n;
  }
  return last ? null : result;
}

/** The head of a tree that is fed leaf by leaf: one hash for each complete subtree. */
export class GrowingTree {
  constructor() {
    this.size = 0;
    this.subtrees = []; // [level, hash]
  }

  /** Take in the hash of the next leaf. */
  async add(leaf) {
    let [level, hash] = [0, leaf];
    while (this.subtrees.at(-1)?.[0] === level) {
      hash = await nodeHash(this.subtrees.pop()[1], hash);
      level += 1;
    }
    this.subtrees.push([level, hash]);
    this.size += 1;
  }

  /** The head of all leaves so far. */
  async head() {
    if (this.size === 0) return sha256(new Uint8Array());
    let result = this.subtrees.at(-1)[1];
    for (const [, hash] of this.subtrees.slice(0, -1).toReversed()) result = await nodeHash(hash, result);
    return result;
  }
}
