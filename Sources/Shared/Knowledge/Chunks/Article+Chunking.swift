extension Article {
    /// One chunk for each section, several for one that is too large.
    func chunks(of body: MarkdownBody) -> [Chunk] {
        var taken: Set<String> = []
        return body.sections.flatMap { section in
            let slug = Self.unique(Self.slug(section.headings.last ?? "introduction"), &taken)
            let parts = Self.pack(section.blocks.flatMap(Self.bounded))
            return parts.enumerated().map { index, blocks in
                let name = index == 0 ? slug : "\(slug).\(index + 1)"
                return Chunk(
                    id: "\(id)@\(version)#\(name)", articleID: id, articleVersion: version, section: name,
                    headingPath: [title] + section.headings, text: blocks.map(\.text).joined(separator: "\n\n"),
                    line: blocks.first?.line ?? 1, tags: tags, audience: audience, isDeprecated: status == .deprecated, blocks: blocks)
            }
        }
    }

    /// Fills parts in order, none above the limit unless one block alone is.
    private static func pack(_ blocks: [MarkdownBlock]) -> [[MarkdownBlock]] {
        var parts: [[MarkdownBlock]] = []
        var size = 0
        for block in blocks {
            if parts.isEmpty || size + block.size + 1 > Chunk.maximumBytes {
                parts.append([block])
                size = block.size
            } else {
                parts[parts.count - 1].append(block)
                size += block.size + 1
            }
        }
        return parts
    }

    /// A paragraph above the limit as several, cut between lines, and a line above it cut between words.
    private static func bounded(_ block: MarkdownBlock) -> [MarkdownBlock] {
        guard block.kind == .paragraph, block.size > Chunk.maximumBytes else { return [block] }
        var pieces: [MarkdownBlock] = []
        for (offset, line) in block.lines.enumerated() {
            for piece in cut(line) {
                if let last = pieces.last, last.size + piece.utf8.count + 1 <= Chunk.maximumBytes {
                    pieces[pieces.count - 1].lines.append(piece)
                } else {
                    pieces.append(MarkdownBlock(kind: .paragraph, line: block.line + offset, lines: [piece]))
                }
            }
        }
        return pieces
    }

    private static func cut(_ line: String) -> [String] {
        var pieces: [String] = []
        var rest = Array(line.utf8)[...]
        while rest.count >= Chunk.maximumBytes {
            let window = rest.prefix(Chunk.maximumBytes - 1)
            var end = window.lastIndex(of: 0x20) ?? window.endIndex
            // Never inside a character.
            while end > rest.startIndex + 1, rest[end] & 0xC0 == 0x80 { end -= 1 }
            pieces.append(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
            rest = rest[end...].drop { $0 == 0x20 }
        }
        if !rest.isEmpty { pieces.append(String(decoding: rest, as: UTF8.self)) }
        return pieces
    }

    private static func slug(_ heading: String) -> String {
        var slug = ""
        for word in SearchWords.plain(in: heading) {
            if slug.utf8.count + word.utf8.count >= 64 { break }
            slug += slug.isEmpty ? word : "-\(word)"
        }
        return slug.isEmpty ? "section" : slug
    }

    private static func unique(_ slug: String, _ taken: inout Set<String>) -> String {
        var name = slug
        var number = 2
        while !taken.insert(name).inserted {
            name = "\(slug)-\(number)"
            number += 1
        }
        return name
    }
}
