namespace ReuseportPS.Shell;

/// <summary>The exit codes of the Shell that do not come from a script; the same as pwsh's.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failure = 1;

    /// <summary>The command line is wrong, or the script file does not exist (EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>The session could not be made: the module is not built or does not load (EX_SOFTWARE).</summary>
    public const int Initialization = 70;

    /// <summary>Ended by Ctrl+C: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
