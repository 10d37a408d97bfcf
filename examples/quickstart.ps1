<#
.SYNOPSIS
Previews a policy over a real capture; with privilege, applies it to real sockets and compares flow by flow.
.PARAMETER FlowCount
Flows to open on the kernel beside those of the capture, half of them UDP, half TCP.
.PARAMETER Seed
Seed of those flows.
#>
param(
    [int] $FlowCount = 2000,
    [ulong] $Seed = 1
)

$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot '../ReuseportPS.psd1')

$slots = 4
$policy = Import-SteeringPolicy (Join-Path $PSScriptRoot 'policies/quickstart.yaml')
$capture = Import-PacketTrace (Join-Path $PSScriptRoot 'dns-and-http.pcap') -Port 53, 80

Write-Host "1. Preview: policy '$($policy.Name)' over $($capture.Name), $slots slots. Nothing is applied, no privilege is needed."
$capture | Measure-SteeringPolicy -Policy $policy -SlotCount $slots | Out-Host

Write-Host '2. The same policy on the real kernel, in a network namespace of its own.'
$missing = @()
if ($IsLinux) {
    $missing = @(Test-ReuseportEnvironment -Backend Linux | Where-Object { ($_.Required -or $_.Name -eq 'network namespaces') -and -not $_.Passed })
}
if (-not $IsLinux -or $missing.Count -gt 0) {
    Write-Host '   Skipped: the kernel cannot be used from here.'
    if (-not $IsLinux) {
        Write-Host '   - This is not Linux.'
    }
    foreach ($check in $missing) {
        Write-Host "   - $($check.Name): $($check.State). $($check.Fix)"
    }
    Write-Host '   The preview above holds all the same: it ran the bytecode that the kernel would be given.'
    return
}

$half = [int][math]::Ceiling($FlowCount / 2)
$traces = @(
    $capture
    New-PacketTrace $half -PacketsPerFlow 1 -Protocol Udp -Port 53 -Seed $Seed
    New-PacketTrace ($FlowCount - $half) -PacketsPerFlow 1 -Protocol Tcp -Port 80 -Seed $Seed
)
$result = $traces | Test-ReuseportFidelity -Policy $policy -SlotCount $slots
$result | Out-Host
Write-Host "$($result.FlowCount) flows, $($result.DifferenceCount) differ"
if (-not $result.Passed) {
    $result.Differences | Select-Object -First 10 | Out-Host
    exit 1
}
