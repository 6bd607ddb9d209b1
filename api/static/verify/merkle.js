// The Merkle tree over the ledger's positions (RFC 6962, 2.1).

import { bigEndian, isSame, sha256 } from "./bytes.js";

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

/** Whether a tree of *old* leaves is the beginning of that of *size*, by a proof of RFC 6962, 2.1.2. */
export async function isBeginning(old, oldHead, size, head, proof) {
  if (old === 0) return proof.length === 0;
  if (old === size) return proof.length === 0 && isSame(oldHead, head);
  if (old > size) return false;
  const hashes = Number.isInteger(Math.log2(old)) ? [oldHead, ...proof] : proof;
  let [node, last] = [BigInt(old - 1), BigInt(size - 1)];
  for (; node & 1n; node >>= 1n) last >>= 1n;
  let [first, second] = [hashes[0], hashes[0]];
  if (first === undefined) return false;
  for (const sibling of hashes.slice(1)) {
    if (last === 0n) return false;
    if (node & 1n || node === last) {
      first = await nodeHash(sibling, first);
      second = await nodeHash(sibling, second);
      for (; !(node & 1n) && node; node >>= 1n) last >>= 1n;
    } else second = await nodeHash(second, sibling);
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && isSame(first, oldHead) && isSame(second, head);
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
