// An ELF object whose names try to be markup: those of its section and of its functions.

const NAMES = { section: "<img src=x onerror=window.owned=1>", first: "<script>window.owned=1</script>", second: "playground", file: "\"><iframe src=javascript:window.owned=1>" };

// strings makes a string table, and where each string begins in it.
function strings(list) {
  let text = "\0";
  const at = list.map((s) => { const n = text.length; text += s + "\0"; return n; });
  return { data: Buffer.from(text, "latin1"), at };
}

// hostile returns the object: two functions in a section that is executed.
export function hostile() {
  const code = Buffer.from("4889f848ffcf75fbc3" + "90909090909090" + "4889f848ffcf75fbc3", "hex");
  const names = strings([NAMES.section, ".symtab", ".strtab", ".shstrtab"]), symbols = strings([NAMES.first, NAMES.second, NAMES.file]);
  const symbol = (name, info, section, value, size) => {
    const b = Buffer.alloc(24);
    b.writeUInt32LE(name, 0); b[4] = info; b.writeUInt16LE(section, 6); b.writeBigUInt64LE(BigInt(value), 8); b.writeBigUInt64LE(BigInt(size), 16);
    return b;
  };
  const table = Buffer.concat([Buffer.alloc(24), symbol(symbols.at[2], 4, 0xfff1, 0, 0), symbol(symbols.at[0], 0x12, 1, 0, 9), symbol(symbols.at[1], 0x12, 1, 16, 9)]);
  const parts = [];
  let at = 64;
  const place = (data) => { const here = at; parts.push(data); at += data.length; const pad = -at & 7; parts.push(Buffer.alloc(pad)); at += pad; return here; };
  const section = (name, type, flags, offset, size, link, info, align, entry) => {
    const b = Buffer.alloc(64);
    b.writeUInt32LE(name, 0); b.writeUInt32LE(type, 4);
    [[flags, 8], [offset, 24], [size, 32], [align, 48], [entry, 56]].forEach(([v, o]) => b.writeBigUInt64LE(BigInt(v), o));
    b.writeUInt32LE(link, 40); b.writeUInt32LE(info, 44);
    return b;
  };
  const heads = [
    Buffer.alloc(64),
    section(names.at[0], 1, 6, place(code), code.length, 0, 0, 16, 0),
    section(names.at[1], 2, 0, place(table), table.length, 3, 2, 8, 24),
    section(names.at[2], 3, 0, place(symbols.data), symbols.data.length, 0, 0, 1, 0),
    section(names.at[3], 3, 0, place(names.data), names.data.length, 0, 0, 1, 0),
  ];
  const head = Buffer.alloc(64);
  Buffer.from("7f454c460201010000", "hex").copy(head);
  head.writeUInt16LE(1, 16); head.writeUInt16LE(62, 18); head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(BigInt(at), 40); head.writeUInt16LE(64, 52); head.writeUInt16LE(64, 58); head.writeUInt16LE(heads.length, 60); head.writeUInt16LE(4, 62);
  return Buffer.concat([head, ...parts, ...heads]);
}
