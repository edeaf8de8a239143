import Testing

/// Readers of what others send, given inputs made to break them: none may trap, hang, or say yes to what it must refuse. `make fuzz` does the
/// same with a million inputs each.
@Suite("Fuzzing", .serialized, .timeLimit(.minutes(Campaign().file == nil ? 30 : 150)))
struct FuzzTests {
    @Test(arguments: Subject.all)
    func survives(_ subject: Subject) throws {
        let campaign = Campaign()
        if let only = campaign.subject, only != subject.name { return }
        let result = try campaign.run(subject)
        #expect(result.inputs > 0)
        // A subject whose inputs all end alike tests nothing.
        if campaign.replay == nil { #expect(result.outcomes > 5) }
    }
}
