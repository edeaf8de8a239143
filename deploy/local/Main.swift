import Launch

@main
enum Main {
    static func main() async {
        await HelpdeskCommand.launch { LocalError.explain($0) }
    }
}
