namespace ReuseportPS.Module.Tests.Shell;

/// <summary>A command line and what the host makes of it, with all streams redirected.</summary>
/// <param name="Arguments">The command line; FILE.ps1 is one of <see cref="Scripts"/> in the current folder.</param>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Output">Standard output without blank lines around it; DIR is the current folder.</param>
/// <param name="Error">Standard error likewise; null where its words are the Shell's own.</param>
/// <param name="Input">Standard input.</param>
/// <param name="IsAsPwsh">False where the Shell differs from pwsh on purpose.</param>
internal sealed record HostCase(string[] Arguments, int ExitCode, string Output, string? Error = "", string Input = "", bool IsAsPwsh = true)
{
    /// <summary>The script files of the cases.</summary>
    public static IReadOnlyDictionary<string, string> Scripts { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["args.ps1"] = "\"$($args -join ',') $($args.Count)\"",
        ["param.ps1"] = "param([string] $Name = 'none', [switch] $Loud, [int] $Count = 1) \"$Name $Loud $Count\"",
        ["exit3.ps1"] = "'before'; exit 3; 'after'",
        ["nested.ps1"] = "& ./exit3.ps1; \"last $LASTEXITCODE\"",
        ["throw.ps1"] = "'before'; throw 'boom'; 'after'",
        ["parse.ps1"] = "'before'; if (",
        ["error.ps1"] = "Write-Error bad; Get-Item nope; 'end'",
        ["native.ps1"] = "/bin/false; \"code $LASTEXITCODE\"",
        ["nativelast.ps1"] = "/bin/false",
        ["where.ps1"] = "$PSScriptRoot; $PSCommandPath; $MyInvocation.MyCommand.Name",
        ["function.ps1"] = "function Test-It { Write-Error 'inside' }\nTest-It\n[int]::Parse('x')",
        ["stop.ps1"] = "$ErrorActionPreference = 'Stop'; Get-Item nope; 'after'",
        ["finally.ps1"] = "try { exit 4 } finally { 'cleanup' }",
    };

    /// <summary>The cases.</summary>
    public static IReadOnlyList<HostCase> All { get; } =
    [
        new(["-Command", "1+1"], 0, "2"),
        new(["-c", "1+1", "+", "2"], 0, "4"),
        new(["-NoLogo", "-NonInteractive", "-Command", "'x'"], 0, "x"),
        new(["-Command", "exit 7"], 7, ""),
        new(["-Command", "Get-Item nope; 'after'"], 0, "after", "Get-Item: Cannot find path 'DIR/nope' because it does not exist."),
        new(["-Command", "'before'; Get-Item nope"], 1, "before", "Get-Item: Cannot find path 'DIR/nope' because it does not exist."),
        new(["-Command", "throw 'bad'; 'after'"], 1, "", "Exception: bad"),
        new(["-Command", "1/0; 'after'"], 0, "after", "RuntimeException: Attempted to divide by zero."),
        new(["-Command", "/bin/false"], 1, ""),
        new(["-Command", "/bin/sh -c 'exit 5'; exit $LASTEXITCODE"], 5, ""),
        new(["-Command", "1 }"], 1, "", "ParserError: \nLine |\n   1 |  1 }\n     |    ~\n     | Unexpected token '}' in expression or statement."),
        new(["-Command", "if ("], 1, "", "ParserError: \nLine |\n   1 |  if (\n     |      ~\n     | Missing condition in if statement after 'if ('.", IsAsPwsh: false),
        new(["-Command", "Write-Warning w; Write-Verbose v -Verbose; Write-Debug d -Debug; Write-Host h; Write-Information i -InformationAction Continue; Write-Progress a"], 0, "WARNING: w\nVERBOSE: v\nDEBUG: d\nh\ni"),
        new(["-Command", "Write-Host red -ForegroundColor Red; \"$([char]27)[31mescape$([char]27)[0m\""], 0, "red\nescape"),
        new(["-Command", "[pscustomobject]@{ a = 1; b = 'two' }"], 0, "a b\n- -\n1 two"),
        new(["-NonInteractive", "-Command", "New-Item"], 1, "", "New-Item: Cannot process command because of one or more missing mandatory parameters: Path."),
        new(["-NonInteractive", "-Command", "Remove-Item args.ps1 -Confirm; Test-Path args.ps1"], 0, "True", "Remove-Item: PowerShell is in NonInteractive mode. Read and Prompt functionality is not available."),
        new(["-Command", "(New-Item -ItemType File).Name"], 0, "cmdlet New-Item at command pipeline position 1\nSupply values for the following parameters:\nPath[0]: Path[1]: new.txt", Input: "new.txt\n\n", IsAsPwsh: false),
        new(["-Command", "Remove-Item args.ps1 -Confirm; Test-Path args.ps1"], 0, "Confirm\nAre you sure you want to perform this action?\nPerforming the operation \"Remove File\" on target \"DIR/args.ps1\".\n[Y] Yes  [A] Yes to All  [N] No  [L] No to All  [S] Suspend  [?] Help (default is \"Y\"): True", Input: "n\n", IsAsPwsh: false),
        new(["-Command", "Remove-Item args.ps1 -Confirm; Test-Path args.ps1"], 0, "Confirm\nAre you sure you want to perform this action?\nPerforming the operation \"Remove File\" on target \"DIR/args.ps1\".\n[Y] Yes  [A] Yes to All  [N] No  [L] No to All  [S] Suspend  [?] Help (default is \"Y\"): True", "Remove-Item: Standard input ended before the question was answered.", IsAsPwsh: false),
        new(["-Command", "function f { f }; f; 'after'"], 1, "", "InvalidOperation: The script failed due to call depth overflow."),
        new(["args.ps1", "a", "-b", "c d"], 0, "a,-b,c d 3"),
        new(["param.ps1", "-Name", "foo", "-Loud", "-Count", "5"], 0, "foo True 5"),
        new(["-File", "param.ps1", "-Name:foo", "-Loud:false"], 0, "foo False 1"),
        new(["-File", "param.ps1", "-Loud:$true", "-Name:", "bar"], 0, "bar True 1"),
        new(["param.ps1", "-Count", "many"], 1, "", "param.ps1: Cannot process argument transformation on parameter 'Count'. Cannot convert value \"many\" to type \"System.Int32\". Error: \"The input string 'many' was not in a correct format.\""),
        new(["exit3.ps1"], 3, "before"),
        new(["nested.ps1"], 0, "before\nlast 3"),
        new(["throw.ps1"], 1, "before", "Exception: DIR/throw.ps1:1\nLine |\n   1 |  'before'; throw 'boom'; 'after'\n     |            ~~~~~~~~~~~~\n     | boom"),
        new(["parse.ps1"], 1, "", "ParserError: DIR/parse.ps1:1\nLine |\n   1 |  'before'; if (\n     |                ~\n     | Missing condition in if statement after 'if ('."),
        new(["error.ps1"], 0, "end", "Write-Error: bad\nGet-Item: DIR/error.ps1:1\nLine |\n   1 |  Write-Error bad; Get-Item nope; 'end'\n     |                   ~~~~~~~~~~~~~\n     | Cannot find path 'DIR/nope' because it does not exist."),
        new(["function.ps1"], 0, "", "Test-It: DIR/function.ps1:2\nLine |\n   2 |  Test-It\n     |  ~~~~~~~\n     | inside\nMethodInvocationException: DIR/function.ps1:3\nLine |\n   3 |  [int]::Parse('x')\n     |  ~~~~~~~~~~~~~~~~~\n     | Exception calling \"Parse\" with \"1\" argument(s): \"The input string 'x'\n     | was not in a correct format.\""),
        new(["stop.ps1"], 1, "", "Get-Item: DIR/stop.ps1:1\nLine |\n   1 |  $ErrorActionPreference = 'Stop'; Get-Item nope; 'after'\n     |                                   ~~~~~~~~~~~~~\n     | Cannot find path 'DIR/nope' because it does not exist."),
        new(["native.ps1"], 0, "code 1"),
        new(["nativelast.ps1"], 0, ""),
        new(["finally.ps1"], 4, "cleanup"),
        new(["where.ps1"], 0, "DIR\nDIR/where.ps1\nwhere.ps1"),
        new(["nofile.ps1"], 64, "", Error: null),
        new(["-File", "nofile.ps1"], 64, "", Error: null),
        new(["-File"], 64, "", Error: null),
        new(["-Command"], 64, "", Error: null),
        new(["-Bogus"], 64, "", Error: null),
        new(["-Command", "-", "more"], 64, "", Error: null),
        new(["-Command", "-"], 0, "2\n3", Input: "1+1\n1+2\n"),
        new(["-Command", "-"], 6, "a", Input: "'a'\nexit 6\n'b'\n"),
        new(["-Command", "-"], 1, "", "nosuch: The term 'nosuch' is not recognized as a name of a cmdlet, function, script file, or executable program.\nCheck the spelling of the name, or if a path was included, verify that the path is correct and try again.", Input: "nosuch\n"),
        new([], 0, "q", Input: "function q {\n\n  'q'\n}\nq\n", IsAsPwsh: false),
        new([], 1, "1", "ParserError: \nLine |\n   1 |  foo(\n     |      ~\n     | An expression was expected after '('.", Input: "1\nfoo(\n", IsAsPwsh: false),
        new(["-File", "-"], 0, "PS DIR> 2\nPS DIR> >> x1\nx2\nPS DIR>", Input: "1+1\n1..2 | ForEach-Object {\n\"x$_\" }\n", IsAsPwsh: false),
        new(["-File", "-"], 9, "PS DIR> PS DIR> bad\nPS DIR>", "Get-Item: Cannot find path 'DIR/nope' because it does not exist.", Input: "Get-Item nope\nfunction prompt { 'PS DIR> ' }; 'bad'\nexit 9\n", IsAsPwsh: false),
    ];
}
