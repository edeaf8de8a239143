import Domain
import Foundation
import Stores
import Testing

@testable import MetricsWorker

@Suite struct ReportTests {
    @Test(
        arguments: [
            ("today", "2026-11-22", "2026-11-23"), ("yesterday", "2026-11-21", "2026-11-22"), ("1d", "2026-11-22", "2026-11-23"),
            ("7d", "2026-11-16", "2026-11-23"), ("30d", "2026-10-24", "2026-11-23"), ("2026-11", "2026-11-01", "2026-12-01"),
            ("2026-12", "2026-12-01", "2027-01-01"), ("2028-02", "2028-02-01", "2028-03-01"), ("2026-11-05", "2026-11-05", "2026-11-06"),
            ("2026-11-05..2026-11-07", "2026-11-05", "2026-11-08")
        ])
    func aPeriodIsWholeDays(text: String, from: String, until: String) throws {
        let period = try #require(ReportPeriod(text, now: ten))
        #expect(RFC3339Day.text(period.from) == from)
        #expect(RFC3339Day.text(period.until) == until)
        #expect(RFC3339Day.start(of: period.from) == period.from)
    }

    @Test(
        arguments: ["", "0d", "-3d", "d", "99999d", "2026", "2026-13", "2026-11-31", "2026-11-07..2026-11-05", "2026-11-05..", "last week", "7 d"])
    func anythingElseIsRefused(text: String) {
        #expect(ReportPeriod(text, now: ten) == nil)
    }

    @Test func theTextIsExactlyThis() throws {
        var report = Report(from: ten.addingTimeInterval(-36_000), until: ten.addingTimeInterval(50_400))
        report.tickets = 120
        report.messages = ["ai": 90, "requester": 30]
        report.classifications = ["triage": 120, "enrichment": 80]
        report.guardrailHits = ["disable_logging": 2]
        report.answers = ["answered": 80, "not_covered": 40]
        report.firstResponse = [
            "any": Report.Latency(count: 110, average: 12.34, p50: 0, p95: 75),
            "human": Report.Latency(count: 20, average: 5400, p50: 3600, p95: 200_000)
        ]
        report.escalations = ["low-confidence": 12, "kernel-panic": 3]
        report.reopenings = 4
        report.sla = [
            Report.Target(target: "first_response", due: 100, breached: 3, warnings: 9, breaches: 2),
            Report.Target(target: "resolution", due: 0, breached: 0, warnings: 1, breaches: 0)
        ]
        report.escalatedTickets = 14
        report.models = [
            Report.Model(
                model: "qwen3", calls: 80, tokensIn: 120_000, tokensOut: 9000, cost: 0.42,
                seconds: Report.Latency(count: 78, average: 1.5, p50: 1.2, p95: 3.9))
        ]
        report.breakdown = Report.Breakdown(
            by: .language,
            rows: [.init(value: "en", tickets: 100, answered: 75, escalations: 10), .init(value: "", tickets: 20, answered: 5, escalations: 5)])
        #expect(ReportText.render(report, now: ten) == Self.golden)
        #expect(ReportText.render(Report(from: report.from, until: report.until), now: report.until) == Self.goldenOfNothing)
    }

    @Test func theJSONNamesItsZone() throws {
        let json = try DatabaseTool.json(Report(from: ten.addingTimeInterval(-36_000), until: ten.addingTimeInterval(50_400)))
        #expect(json.contains("\"timeZone\" : \"UTC\""))
        #expect(json.contains("\"from\" : \"2026-11-22T00:00:00Z\""))
    }

    @Test func aVerificationListsWhatDiffersAndWhatItCannotCount() {
        let result = MetricVerification.Result(
            recounted: ["answers": 7, "classifications": 9], notRecounted: ["foreign_metric"],
            differences: [
                .init(
                    metric: "answers", witness: .hours, bucket: ten, detail: "answered", expectedCount: 7, foundCount: 6, expectedSum: 7, foundSum: 6)
            ], hasMore: false)
        #expect(
            VerificationText.render(result) == """
                DIFFERS  answers: 7 in the tables
                ok       classifications: 9 in the tables
                -        foreign_metric: not recounted

                Metric     found in                  from    detail  expected  found  expected sum  found sum
                  answers     hours  2026-11-22T10:00:00Z  answered         7      6           7.0        6.0

                1 of 2 recounted metrics differ.
                """)
    }
}

extension ReportTests {
    static let golden = """
        Help desk report: 2026-11-22, days of UTC (not over yet)

        Tickets submitted    120
        Messages             120  (ai 90, requester 30)
        Classifications      200  (triage 120, enrichment 80)
        Guardrail hits       2  (disable_logging 2)
        Reopenings           4

        First response  count  average    p50      p95
          any             110   12.3 s  0.0 s  1.2 min
          human            20    1.5 h  1.0 h    2.3 d

        Answers        count   share
          answered        80  66.7 %
          not_covered     40  33.3 %

        Escalations by rule  count
          low-confidence        12
          kernel-panic           3
          of the tickets submitted: 14 (11.7 %)

        SLA               due  kept  attainment  warnings  breaches
          first_response  100    97      97.0 %         9         2
          resolution        0     0           -         1         0

        Language models  calls  tokens in  tokens out    cost  average    p95
          qwen3             80     120000        9000  0.4200    1.5 s  3.9 s

        By language  tickets  answered  escalations
          en             100        75           10
          (none)          20         5            5
        """

    static let goldenOfNothing = """
        Help desk report: 2026-11-22, days of UTC

        Tickets submitted    0
        Messages             0
        Classifications      0
        Guardrail hits       0
        Reopenings           0

        First response
          none

        Answers
          none

        Escalations by rule
          none
          of the tickets submitted: 0 (-)

        SLA
          nothing due

        Language models
          no calls
        """
}
