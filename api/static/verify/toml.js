// Reads TOML, as far as law packs use it: tables, arrays of tables, strings, numbers, booleans, dates, times.

const BARE = /[A-Za-z0-9_-]+/y;
const SCALAR = /[0-9A-Za-z_:.+-]+/y;
const SPACE = /(?:[ \t]|#[^\n]*)*/y;
const SPACE_AND_LINES = /(?:[ \t\r\n]|#[^\n]*)*/y;
const ESCAPES = { n: "\n", t: "\t", r: "\r", '"': '"', "\\": "\\", b: "\b", f: "\f" };

/** The values of a TOML text; dates and times stay text. Throws SyntaxError with the line. */
export function parseToml(text) {
  return new Reader(text).document();
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  document() {
    const root = {};
    let table = root;
    for (this.skip(SPACE_AND_LINES); this.at < this.text.length; this.skip(SPACE_AND_LINES)) {
      if (this.takes("[[")) table = this.append(root, this.key("]]"));
      else if (this.takes("[")) table = enter(root, this.key("]"));
      else this.pair(table);
    }
    return root;
  }

  fail() {
    throw new SyntaxError(`line ${this.text.slice(0, this.at).split("\n").length} is not TOML that a pack uses`);
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) this.fail();
    this.at += match[0].length;
    return match[0];
  }

  skip(pattern) {
    this.match(pattern);
  }

  takes(words) {
    if (!this.text.startsWith(words, this.at)) return false;
    this.at += words.length;
    return true;
  }

  expect(words) {
    if (!this.takes(words)) this.fail();
  }

  /** A dotted key up to *end*. */
  key(end) {
    const parts = [];
    do {
      this.skip(SPACE);
      parts.push(this.text[this.at] === '"' ? this.string() : this.match(BARE));
      this.skip(SPACE);
    } while (this.takes("."));
    this.expect(end);
    return parts;
  }

  append(root, parts) {
    const parent = enter(root, parts.slice(0, -1));
    const table = {};
    (parent[parts.at(-1)] ??= []).push(table);
    return table;
  }

  pair(table) {
    const parts = this.key("=");
    this.skip(SPACE);
    enter(table, parts.slice(0, -1))[parts.at(-1)] = this.value();
  }

  value() {
    const first = this.text[this.at];
    if (first === '"') return this.string();
    if (first === "'") return this.literal();
    if (this.takes("[")) return this.array();
    if (this.takes("{")) return this.inline();
    return scalar(this.match(SCALAR));
  }

  string() {
    this.expect('"');
    let result = "";
    while (!this.takes('"')) {
      const letter = this.text[this.at++];
      if (letter === undefined || letter === "\n") this.fail();
      result += letter === "\\" ? this.escape() : letter;
    }
    return result;
  }

  escape() {
    const letter = this.text[this.at++];
    if (letter === "u") {
      this.at += 4;
      return String.fromCharCode(parseInt(this.text.slice(this.at - 4, this.at), 16));
    }
    return ESCAPES[letter] ?? this.fail();
  }

  literal() {
    this.expect("'");
    const end = this.text.indexOf("'", this.at);
    if (end < 0) this.fail();
    const result = this.text.slice(this.at, end);
    this.at = end + 1;
    return result;
  }

  array() {
    const result = [];
    for (this.skip(SPACE_AND_LINES); !this.takes("]"); this.skip(SPACE_AND_LINES)) {
      result.push(this.value());
      this.skip(SPACE_AND_LINES);
      this.takes(",");
    }
    return result;
  }

  inline() {
    const result = {};
    for (this.skip(SPACE); !this.takes("}"); this.skip(SPACE)) {
      this.pair(result);
      this.skip(SPACE);
      this.takes(",");
    }
    return result;
  }
}

/** The table at *parts* below *table*, made where it is missing; of an array of tables, the last. */
function enter(table, parts) {
  for (const part of parts) {
    table = table[part] ??= {};
    if (Array.isArray(table)) table = table.at(-1);
  }
  return table;
}

function scalar(word) {
  if (word === "true" || word === "false") return word === "true";
  return /^[+-]?\d[\d_]*(\.\d+)?$/.test(word) ? Number(word.replaceAll("_", "")) : word;
}
