import Observability
import Testing

@Suite struct TraceContextTests {
    static let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func readsAndWritesTheSameHeader() throws {
        let context = try #require(TraceContext(traceparent: Self.valid))
        #expect(context.traceparent == Self.valid)
        #expect(context.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(context.spanID == "b7ad6b7169203331")
        #expect(context.isSampled)
        #expect(TraceContext(traceparent: Array(Self.valid.utf8)) == context)
    }

    @Test(arguments: [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-" + String(repeating: "a", count: 300)
    ])
    func refusesMalformed(header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }

    @Test func acceptsALaterVersionWithMoreFields() throws {
        let context = try #require(
            TraceContext(traceparent: "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"))
        #expect(context.traceparent == Self.valid)
    }

    @Test func childKeepsTraceAndSampling() {
        for sampled in [true, false] {
            let parent = TraceContext.new(sampled: sampled)
            let child = parent.child()
            #expect(child.traceID == parent.traceID)
            #expect(child.spanID != parent.spanID)
            #expect(child.isSampled == sampled)
            #expect(TraceContext(traceparent: child.traceparent) == child)
        }
        #expect(TraceContext.new().traceID != TraceContext.new().traceID)
    }
}
