<#
.SYNOPSIS
Replaces a server by another one beside it on the same port: no connection is reset, no flow of datagrams moves while it lives.
.DESCRIPTION
Both servers are as they are, with a master of their own, and set SO_REUSEPORT; TCP, UDP or both. The first call makes the group out of the server that runs, and gives it a policy of
generations; without script blocks, nothing else. Do that before there is traffic that matters: by the policy, datagrams go to other sockets than by the kernel's own choice. Every
later call hands over to the next generation.
.PARAMETER Group
Name of the group.
.PARAMETER Port
The port of both servers.
.PARAMETER StartGreen
Starts the new server, and returns when its sockets are bound: { systemctl start web@green }.
.PARAMETER StopBlue
Ends the old server, which has nothing to do any more: { systemctl stop web@blue }. It is not called when there is something left after the timeout.
.PARAMETER Timeout
The longest wait until the old server has nothing to do any more.
.PARAMETER Idle
How long after its last datagram a flow is over. Longer than the longest pause within a flow.
.EXAMPLE
examples/blue-green.ps1 web 443 { systemctl start nginx@green } { systemctl stop nginx@blue }
#>
param(
    [Parameter(Mandatory, Position = 0)] [string] $Group,
    [Parameter(Mandatory, Position = 1)] [int] $Port,
    [Parameter(Position = 2)] [scriptblock] $StartGreen,
    [Parameter(Position = 3)] [scriptblock] $StopBlue,
    [string] $Timeout = '120s',
    [string] $Idle = '30s'
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Command Sync-ReuseportGroup -ErrorAction Ignore)) {
    Import-Module (Join-Path $PSScriptRoot '../ReuseportPS.psd1')
}

# Once: the sockets of the server that runs are the first generation.
if (-not (Get-ReuseportGroup | Where-Object Name -EQ $Group)) {
    $slots = (New-ReuseportGroup $Group -Port $Port).SlotCount
    $policy = Join-Path ([IO.Path]::GetTempPath()) "$Group-$([guid]::NewGuid()).yaml"
    Set-Content $policy @"
version: 1
policy: blue-green
rules:
  - name: connections
    when: { protocol: tcp }
    steer: { by: generation, generations: [0-$($slots - 1)] }
otherwise: { by: generation, generations: [0-$($slots - 1)], sticky: { entries: 65536, idle: $Idle } }
"@
    try {
        Set-SteeringPolicy $Group $policy | Out-Null
    }
    catch {
        Remove-ReuseportGroup $Group -Force -Confirm:$false | Out-Null
        throw
    }
    finally {
        Remove-Item $policy
    }
}
if (-not $StartGreen) {
    return
}

# Who sits where the generation before last was drained is to get new flows.
Get-SocketSlot $Group | Where-Object State -EQ Empty | Resume-SocketSlot | Out-Null
$blue = Get-SocketSlot $Group | Where-Object State -EQ Active

# The new server's sockets join the kernel's groups, and get nothing yet: they have no seat.
& $StartGreen | Out-Null

# In one step: new flows are green's. Old connections are decided once; old flows of datagrams are in the flow table.
$change = Sync-ReuseportGroup $Group -NewGeneration
if ($change.Seated.Count -eq 0) {
    throw "No socket of a new server was seated in '$Group': does it listen on port $Port, with SO_REUSEPORT?"
}

# Half-open connections come to an end, accept queues are emptied, connections and flows end. Nobody can take them over, so the old server has to wait for them.
$drain = $blue | Suspend-SocketSlot -Wait -IncludeEstablished -Timeout $Timeout
if (-not $drain.IsDrained) {
    $drain
    throw "The old server still has something to do, and was not stopped. New flows are the new server's. To go on waiting: Get-SocketSlot $Group | Where-Object State -EQ Draining | Suspend-SocketSlot -Wait -IncludeEstablished -Timeout $Timeout"
}

& $StopBlue | Out-Null
$drain
