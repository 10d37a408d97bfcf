using ReuseportPS.Conformance;

// JSON lines on stdin, one answer line per input line on stdout: see ExecCommand.
const string Usage = "usage: ReuseportPS.Conformance exec [--engine interpreter]";
switch (args)
{
    case ["exec"] or ["exec", "--engine", "interpreter"]:
        ExecCommand.Run(Console.OpenStandardInput(), Console.OpenStandardOutput());
        return 0;
    case ["exec", "--engine", var engine]:
        Console.Error.WriteLine($"There is no engine '{engine}' (yet): interpreter.");
        return 2;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
