import Access
import Domain
import HTTPTypes
import Hummingbird
import Identity
import Logging
import NIOCore
import Observability
import Stores

/// `GET /v1/tickets/export`: every ticket of a list in one answer, read page by page as the client takes it.
struct ExportRoute: Sendable {
    struct Settings: Sendable {
        /// Most exports of this gateway at once, and of one caller.
        var limit = 4
        var perCaller = 2
        /// Tickets of one query.
        var page = 200
    }

    typealias Page = @Sendable (TicketFilter, Principal, TicketPosition?, Int) async throws -> TicketPage

    static let format = QueryParameter<ExportFormat>.choice(
        "format", "Absent: what `Accept` likes best, `application/x-ndjson` or `text/csv`; without it NDJSON.")

    private let settings: Settings
    private let places: Places
    private let page: Page
    private let authenticate: @Sendable (String) async throws(AuthenticationError) -> Principal
    private let logger: Logger
    private let aborted: Counter

    init(
        _ settings: Settings, metrics: MetricRegistry, logger: Logger, page: @escaping Page,
        authenticate: @escaping @Sendable (String) async throws(AuthenticationError) -> Principal
    ) {
        self.settings = settings
        self.page = page
        self.authenticate = authenticate
        self.logger = logger
        let places = Places(limit: settings.limit, perCaller: settings.perCaller)
        self.places = places
        aborted = metrics.counter("helpdesk_ingest_exports_aborted_total", "Exports that ended before their last ticket, whoever hung up.")
        metrics.callback("helpdesk_ingest_exports", "Exports that go on.") { Double(places.count) }
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/tickets/export",
                RouteContract(
                    "exportTickets", "Every ticket of a list, in one answer", .tickets,
                    details: """
                        The tickets of `GET /v1/tickets` with the same filters, as lines of JSON whose last one is an ExportEnd, or as CSV. An answer that \
                        was broken off is not whole: its last line is missing, and the transfer fails.
                        """,
                    permissions: [.ticketsReadOwn, .ticketsReadAny], query: [Self.format] + TicketListQuery.filters,
                    responses: [
                        DeclaredResponse(
                            200, "The tickets.",
                            .items([ExportFormat.ndjson.mediaType: [TicketView.self, ExportEnd.self], ExportFormat.csv.mediaType: []]),
                            headers: [.disposition])
                    ], problems: [.notAcceptable, .tooManyExports]),
                authenticated: export)
        ]
    }

    func export(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let filter = try TicketListQuery(exchange.query).filter
        try filter.requireReadable(by: principal)
        let format = try exchange.query(Self.format) ?? negotiated(exchange)
        let place = try place(for: principal)
        let bearer = String(exchange.bearer ?? "")
        // The first page before the head: what fails now is told as a problem.
        let first: TicketPage
        do {
            first = try await page(filter, principal, nil, settings.page)
        } catch is UnreadableWords {
            throw Problem.unreadableWords
        }
        let requestID = exchange.requestID
        return Response(
            status: .ok,
            headers: [.contentType: format.contentType, .contentDisposition: "attachment; filename=\"tickets.\(format.rawValue)\""],
            body: ResponseBody { writer in
                defer { withExtendedLifetime(place) {} }
                do {
                    let count = try await write(first, filter, format, as: principal, bearer: bearer, to: &writer)
                    if let ending = format.ending(count) { try await writer.write(ending) }
                    try await writer.finish(nil)
                } catch {
                    aborted.increment()
                    logger.warning(
                        "an export was broken off",
                        [.error: .string("\(error)"), .principal: .string(principal.id), .correlationID: .string(requestID)])
                    // The connection ends with this, in the middle of the answer.
                    throw error
                }
            })
    }

    private func negotiated(_ exchange: Exchange) throws(Problem) -> ExportFormat {
        try exchange.accepted(ExportFormat.ndjson.mediaType, ExportFormat.csv.mediaType) == ExportFormat.csv.mediaType ? .csv : .ndjson
    }

    /// Concurrent, because the library's writer is.
    /// - Returns: how many tickets there were.
    @concurrent private func write(
        _ first: TicketPage, _ filter: TicketFilter, _ format: ExportFormat, as principal: Principal, bearer: String,
        to writer: inout any ResponseBodyWriter
    ) async throws -> Int {
        let isStaff = principal.seesInternalNotes
        if let opening = format.opening(forStaff: isStaff) { try await writer.write(opening) }
        var current = first, count = 0
        while true {
            if !current.tickets.isEmpty { try await writer.write(format.lines(current.tickets, forStaff: isStaff)) }
            count += current.tickets.count
            guard let next = current.next else { return count }
            // An export may take long: who lost a right meanwhile gets no more.
            let now = try await authenticate(bearer)
            guard now.isConfirmed, now.visibleTickets == principal.visibleTickets, now.seesInternalNotes == isStaff else { throw RightsChanged() }
            current = try await page(filter, now, next, settings.page)
        }
    }

    private func place(for principal: Principal) throws(Problem) -> Places.Place {
        do {
            return try places.take(principal.id)
        } catch {
            let whose = error == .caller ? "You have \(places.perCaller) exports going on" : "\(places.limit) exports are going on at this gateway"
            throw .unavailable(.tooManyExports, "\(whose), as many as there may be. Try again in some seconds.")
        }
    }
}

/// The caller's rights are not those any more with which an export began.
struct RightsChanged: Error, CustomStringConvertible {
    let description = "the caller's rights have changed since it began"
}
