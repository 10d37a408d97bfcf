# Runs the files of a folder by one version of Pester. Writes a line of JSON per file: its name, how many tests Pester found in it, and each that did not pass.
param([string] $Pester, [string] $Folder, [string] $Results)

$ErrorActionPreference = 'Stop'
Import-Module $Pester
$configuration = New-PesterConfiguration
$configuration.Run.Path = $Folder
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'None'
$run = Invoke-Pester -Configuration $configuration
$lines = foreach ($file in $run.Containers) {
    $tests = @($run.Tests | Where-Object { $_.ScriptBlock.File -eq $file.Item.FullName })
    $problems = @(
        $file.ErrorRecord | ForEach-Object { "$_" }
        $tests | Where-Object { $_.Result -ne 'Passed' } | ForEach-Object { "$($_.ExpandedPath): $($_.Result) $($_.ErrorRecord -join '; ')" }
    )
    [pscustomobject]@{ File = $file.Item.Name; Found = $tests.Count; Problems = $problems } | ConvertTo-Json -Compress
}
Set-Content -Path $Results -Value $lines
