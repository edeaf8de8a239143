import HelpdeskLocal

@main
enum Main {
    static func main() async {
        await HelpdeskLocal.runCommand()
    }
}
