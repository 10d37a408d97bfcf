BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $null = New-ReuseportGroup web -SlotCount 4 -Port 5300 -Protocol Udp, Tcp
    Set-Content TestDrive:/weighted.yaml @'
version: 1
policy: weighted
slots: { canary: [2, 3] }
otherwise: { by: weighted, weights: { 0: 3, 1: 1, canary: 2 } }
'@
    $null = Set-SteeringPolicy web (Import-SteeringPolicy TestDrive:/weighted.yaml)
}

Describe 'Suspend-SocketSlot' {
    It 'drains a slot, and says that it has nothing to do' {
        $drain = Suspend-SocketSlot web 1
        $drain.Changed | Should -Be 'slot 1: State Active -> Draining'
        $drain.IsDrained | Should -BeTrue
        $drain.Queued | Should -Be 0
        $drain.HalfOpen | Should -Be 0
        $drain.Established | Should -BeNullOrEmpty
        $drain.Waited | Should -BeNullOrEmpty
        $drain.MigrateSuccess | Should -Be 0
        (Get-SocketSlot web -Slot 1).Share | Should -Be 0
    }

    It 'waits no longer than it must with -Wait' {
        $drain = Suspend-SocketSlot web 1 -Wait -Timeout 5s
        $drain.HasChanged | Should -BeFalse
        $drain.Waited | Should -Be ([TimeSpan]::Zero)
    }

    It 'counts sticky flows, and says what it cannot tell' {
        $drain = Suspend-SocketSlot web 1 -IncludeEstablished
        $drain.StickyFlows | Should -Be 0
        $drain.Established | Should -BeNullOrEmpty
        $drain.Unseen | Should -Match 'serves other slots too'
    }

    It 'drains the idle ones of a pipeline' {
        $null = Resume-SocketSlot web 1
        $drain = Get-ReuseportGroup web | Get-SocketSlot | Where-Object Share -LT 0.2 | Suspend-SocketSlot
        $drain.Slot | Should -Be 1
        Get-ReuseportGroup web | Get-SocketSlot | Where-Object ObservedShare -GT 0.05 | Suspend-SocketSlot | Should -BeNullOrEmpty
    }

    It 'takes a timeout as <Text>' -ForEach @{ Text = '500ms' }, @{ Text = '2s' }, @{ Text = 3 } {
        (Suspend-SocketSlot web 1 -Wait -Timeout $Text).IsDrained | Should -BeTrue
    }

    It 'previews with -WhatIf and changes nothing' {
        $preview = Suspend-SocketSlot web 0 -WhatIf -Trace (New-PacketTrace -FlowCount 200 -Seed 1)
        ($preview.After.Slots | Where-Object Slot -EQ 0).Flows | Should -Be 0
        $preview.Change.After | Should -Match 'Active -> Draining'
        (Get-SocketSlot web -Slot 0).State | Should -Be 'Active'
    }

    It 'does not drain them all' {
        { Suspend-SocketSlot web 0-3 -ErrorAction Stop } | Should -Throw -ErrorId 'NobodyLeft*'
        (Get-SocketSlot web).State | Should -Be 'Active', 'Draining', 'Active', 'Active'
    }

    It 'needs a policy' {
        $null = New-ReuseportGroup plain -SlotCount 2 -Port 5301
        { Suspend-SocketSlot plain 0 -ErrorAction Stop } | Should -Throw -ErrorId 'NoPolicy*'
    }
}
