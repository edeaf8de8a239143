/// Every fault there is, in the order of the table. Each group adds its own list.
enum Catalogue {
    static let all: [any Fault] =
        ProcessFaults.all + BrokerFaults.all + DatabaseFaults.all + WireFaults.all + TrafficFaults.all + DeliveryFaults.all
        + ClockFaults.all

    static func named(_ name: String) -> (any Fault)? { all.first { $0.name == name } }
}
