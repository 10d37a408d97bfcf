using ReuseportPS.Conformance;

// JSON lines on stdin, one answer line per input line on stdout: see ExecCommand.
const string Usage = "usage: ReuseportPS.Conformance exec [--engine interpreter|compiled]";
switch (args)
{
    case ["exec"] or ["exec", "--engine", "interpreter"]:
        ExecCommand.Run(Engine.Interpreter, Console.OpenStandardInput(), Console.OpenStandardOutput());
        return 0;
    case ["exec", "--engine", "compiled"]:
        ExecCommand.Run(Engine.Compiled, Console.OpenStandardInput(), Console.OpenStandardOutput());
        return 0;
    case ["exec", "--engine", var engine]:
        Console.Error.WriteLine($"There is no engine '{engine}' : interpreter, compiled.");
        return 2;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
