// What is stored with a decision to explain it. Members in the order of their names.

extension GuardrailHit: JSONWritable {
    public func write(to json: inout JSONBytes) {
        json.object {
            $0.member("evidence", evidence)
            $0.member("kind", kind)
            $0.member("rule", rule)
        }
    }
}

extension Reason: JSONWritable {
    public func write(to json: inout JSONBytes) {
        json.object {
            $0.member("evidence", evidence)
            $0.member("rule", rule)
            $0.member("source", source.rawValue)
            $0.member("subject", subject.rawValue)
            $0.member("value", value)
        }
    }
}

extension AnswerEvidence: JSONWritable {
    public func write(to json: inout JSONBytes) {
        json.object {
            $0.member("chunk", chunk)
            $0.member("coverage", coverage)
            $0.member("evidence", evidence)
            $0.member("focus", focus)
            $0.member("replaced", replaced)
            $0.member("score", score)
            $0.member("words", words)
        }
    }
}

extension FieldChange: JSONWritable {
    public func write(to json: inout JSONBytes) {
        json.object {
            $0.member("field", field)
            $0.member("from", from)
            $0.member("to", to)
        }
    }
}
