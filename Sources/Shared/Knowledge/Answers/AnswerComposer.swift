/// Makes an answer out of hits: whole blocks of the articles, word for word, with citations. Pure; the same hits make the same answer.
public struct AnswerComposer: Sendable, Hashable {
    /// A hit below this `Hit.coverage` is no ground for an answer.
    public var minimumCoverage: Double
    /// Nor is one below this `Hit.evidence`.
    public var minimumEvidence: Double
    /// Nor is one below this `Hit.focus`.
    public var minimumFocus: Double
    /// A second section is added when it scores at least this share of the first.
    public var closeSecond: Double

    /// The thresholds were chosen on example tickets of the taxonomy in six languages and on questions of other fields (CLINC150,
    /// BANKING77): of the English tickets whose article ranks first two thirds are answered, of the foreign questions 2 % and 5 %.
    public init(minimumCoverage: Double = 0.35, minimumEvidence: Double = 0.75, minimumFocus: Double = 0.45, closeSecond: Double = 0.9) {
        self.minimumCoverage = minimumCoverage
        self.minimumEvidence = minimumEvidence
        self.minimumFocus = minimumFocus
        self.closeSecond = closeSecond
    }

    /// Answers from at most two sections. A section with numbered steps is given from its first step on: what stands before it, symptom
    /// and cause, the requester has told us. Any other section is given whole.
    public func compose(_ hits: [Hit]) -> GroundedAnswer {
        guard !hits.isEmpty else { return .notCovered(.nothingFound) }
        let grounded = hits.filter(isGround)
        guard let first = grounded.first else { return .notCovered(.belowThreshold) }
        let second = grounded.dropFirst().first { $0.score >= closeSecond * first.score }
        return .covered(GroundedAnswer.Answer(passages: [first, second].compactMap { $0 }.map { Self.passage($0.chunk) }))
    }

    private func isGround(_ hit: Hit) -> Bool {
        hit.coverage >= minimumCoverage && hit.evidence >= minimumEvidence && hit.focus >= minimumFocus && !hit.chunk.isDeprecated
    }

    private static func passage(_ chunk: Chunk) -> GroundedAnswer.Passage {
        let blocks = chunk.blocks.firstIndex { $0.kind == .steps }.map { chunk.blocks[$0...] } ?? chunk.blocks[...]
        return GroundedAnswer.Passage(
            citation: chunk.id, headingPath: chunk.headingPath, blocks: blocks.map(\.text), steps: blocks.flatMap(\.steps))
    }
}
