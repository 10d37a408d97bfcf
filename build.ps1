<#
.SYNOPSIS
Builds the module into out/ReuseportPS; with -Test runs every test, with -Clean starts from nothing.
#>
[CmdletBinding()]
param(
    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Debug',
    [switch] $Test,
    [switch] $Clean
)

$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot
if ($Clean) {
    foreach ($folder in 'artifacts', 'out') {
        if (Test-Path $folder) { Remove-Item $folder -Recurse -Force }
    }
}
dotnet build ReuseportPS.slnx -c $Configuration
if ($LASTEXITCODE) { exit $LASTEXITCODE }
if ($Test) {
    dotnet test --solution ReuseportPS.slnx -c $Configuration --no-build
    exit $LASTEXITCODE
}
