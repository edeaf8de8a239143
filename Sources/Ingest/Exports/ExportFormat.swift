import Domain
import NIOCore

/// How an export is written.
enum ExportFormat: String, CaseIterable, Sendable {
    case ndjson, csv

    var mediaType: String {
        switch self {
        case .ndjson: "application/x-ndjson"
        case .csv: CSVText.mediaType
        }
    }

    var contentType: String {
        switch self {
        case .ndjson: mediaType
        case .csv: mediaType + "; charset=utf-8; header=present"
        }
    }

    /// What stands before the first ticket.
    func opening(forStaff: Bool) -> ByteBuffer? {
        switch self {
        case .ndjson: nil
        case .csv: ByteBuffer(string: TicketCSV.header(forStaff: forStaff))
        }
    }

    func lines(_ tickets: [Ticket], forStaff: Bool) -> ByteBuffer {
        var buffer = ByteBuffer()
        for ticket in tickets {
            switch self {
            case .ndjson:
                buffer.writeBytes(JSONBody.encode(TicketView(ticket, forStaff: forStaff)))
                buffer.writeInteger(UInt8(ascii: "\n"))
            case .csv: buffer.writeString(TicketCSV.line(ticket, forStaff: forStaff))
            }
        }
        return buffer
    }

    /// What stands behind the last one. A line of CSV can only be another ticket: there the end of the transfer tells.
    func ending(_ count: Int) -> ByteBuffer? {
        switch self {
        case .ndjson: ByteBuffer(bytes: JSONBody.encode(ExportEnd(exported: count)) + [UInt8(ascii: "\n")])
        case .csv: nil
        }
    }
}

/// The last line of an export: a file without it is not whole.
struct ExportEnd: Codable, Annotated {
    let exported: Int

    static let notes: [String: Note] = ["exported": .about("How many tickets stand before this line.")]
}
